"""Files to rows, whatever their form: each row keeps its line."""
