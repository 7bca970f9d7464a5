//! Floor 9: the command line. Each command is one file.
