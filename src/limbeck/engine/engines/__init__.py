"""Engines that run exported weights: one file each."""
