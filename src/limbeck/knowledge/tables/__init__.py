"""Tables of every form to rows, and rows to facts by one mapping."""
