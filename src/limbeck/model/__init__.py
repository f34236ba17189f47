"""Tokenizer, network and one trainer."""
