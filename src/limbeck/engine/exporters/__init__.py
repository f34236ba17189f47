"""Writers of exported weights: one file per format, build side only."""
