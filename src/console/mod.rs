//! Floor 6: pages for people, rendered here; no script. For now one page: what is going on.
