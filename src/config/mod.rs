//! Floor 7: how settings are read. Defaults, then the file, then the environment, then flags; an
//! unknown key is an error that says where it stands. Nobody below imports this.
