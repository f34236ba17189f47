"""Rows to records: which of the usual layouts a file has, and each row in the one form."""
