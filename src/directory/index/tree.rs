//! The departments and what each is part of. It may have been read while it was changed, so it need not be a tree.

use std::collections::{BTreeMap, BTreeSet};

use crate::directory::contacts::DepartmentId;

/// Every department with its parent.
#[derive(Debug, Default)]
pub(super) struct Tree {
    parents: BTreeMap<DepartmentId, Option<DepartmentId>>,
    children: BTreeSet<(DepartmentId, DepartmentId)>,
}

impl Tree {
    pub(super) fn put(&mut self, id: DepartmentId, parent: Option<DepartmentId>) {
        self.remove(id);
        self.parents.insert(id, parent);
        self.children.extend(parent.map(|parent| (parent, id)));
    }

    pub(super) fn remove(&mut self, id: DepartmentId) {
        if let Some(Some(parent)) = self.parents.remove(&id) {
            self.children.remove(&(parent, id));
        }
    }

    pub(super) fn knows(&self, id: DepartmentId) -> bool {
        self.parents.contains_key(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (DepartmentId, Option<DepartmentId>)> {
        self.parents.iter().map(|(id, parent)| (*id, *parent))
    }

    /// From the parent up. Where it bends back on itself it ends.
    pub(super) fn above(&self, id: DepartmentId) -> Vec<DepartmentId> {
        let (mut above, mut at) = (Vec::new(), id);
        let mut seen = BTreeSet::from([id]);
        while let Some(Some(parent)) = self.parents.get(&at) {
            if !seen.insert(*parent) {
                break;
            }
            above.push(*parent);
            at = *parent;
        }
        above
    }

    /// From the department itself down, each once.
    pub(super) fn below(&self, id: DepartmentId) -> Vec<DepartmentId> {
        let (mut below, mut seen) = (vec![id], BTreeSet::from([id]));
        let mut next = 0;
        while let Some(at) = below.get(next).copied() {
            let from = (at, DepartmentId::new(i64::MIN));
            let children = self.children.range(from..).take_while(|(parent, _)| *parent == at).map(|(_, child)| *child);
            below.extend(children.filter(|child| seen.insert(*child)));
            next += 1;
        }
        below
    }
}
