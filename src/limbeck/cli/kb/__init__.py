"""The parts of `limbeck kb`: one file each, the file name is the subcommand."""
