"""Tokenizers that presets carry."""
