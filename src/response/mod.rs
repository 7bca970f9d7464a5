//! Floor 3: from alert and match to plan, behind the guard layer. Pure: no I/O, no async, no clock.
