//! What the design says of the guard layer, by itself: pause, assurance floor, protected accounts, own Enterprise
//! Account, budgets, breaker, approval. It knows the worlds as they were drawn, and nothing of the program's reasons.

use std::collections::BTreeSet;

use portcullis::incident::{ActionKind, Plan};

use super::asked::{Asked, Rule, SOURCES, World};

/// What has been asked for so far.
pub(super) struct Oracle<'w> {
    world: &'w World,
    /// Of each plan that takes something: its rules, its source, whose account, and whether it may run.
    plans: Vec<Asking>,
}

struct Asking {
    rules: Vec<usize>,
    /// Of them, those that want what it does.
    wanting: Vec<usize>,
    source: usize,
    who: usize,
    is_free: bool,
}

/// What is said when it is exceeded, how many there may be, and of which plans.
type Limit = (&'static str, usize, Box<dyn Fn(&Asking) -> bool>);

/// What speaks against a plan, and what may.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    against: Vec<&'static str>,
    /// Would speak against it if what was held had counted like what was not.
    perhaps: Vec<&'static str>,
}

impl Said {
    pub(super) fn may_be_planned(&self) -> bool {
        self.against.is_empty()
    }

    pub(super) fn nothing_speaks_against(&self) -> bool {
        self.against.is_empty() && self.perhaps.is_empty()
    }
}

impl<'w> Oracle<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self { world, plans: Vec::new() }
    }

    /// Of a plan by these rules.
    pub(super) fn asked(&mut self, asked: &Asked, plan: &Plan, of: &[&Rule]) -> Said {
        let mut said = Said::default();
        let mut note = |is: bool, what| {
            if is {
                said.against.push(what)
            }
        };
        note(self.is_paused(asked, of), "it is paused");
        note(of.iter().any(|rule| !rule.enforces), "a rule that only watches acts");
        note(of.iter().any(|rule| rule.event != asked.event), "a rule acts that does not match");
        note(of.iter().any(|rule| asked.assurance > rule.floor), "the source proves less than a rule wants");
        note(asked.assurance == 3 && plan.disables(), "a secret that others may have seen disables somebody");
        note(plan.disables() && !of.iter().any(|rule| rule.disables()), "no rule wants it disabled");
        note(plan.takes() && !of.iter().any(|rule| rule.takes()), "no rule wants to take anything");
        note(self.world.is_listed(asked.who), "the account is listed");
        self.count(asked, plan, of, &mut said);
        said
    }

    /// Counts the plan, and says what it is too many of.
    fn count(&mut self, asked: &Asked, plan: &Plan, of: &[&Rule], said: &mut Said) {
        let world = self.world;
        let number = |rule: &&Rule| world.rules.iter().position(|other| std::ptr::eq(other, *rule)).unwrap();
        let all: Vec<_> = of.iter().map(number).collect();
        let wanting: Vec<_> = of.iter().filter(|rule| rule.takes() == plan.takes()).map(number).collect();
        let asking = Asking {
            rules: all.clone(),
            wanting: wanting.clone(),
            source: asked.source,
            who: asked.who,
            is_free: false,
        };
        self.plans.push(asking);
        let mut limits: Vec<Limit> = vec![
            ("the organization's budget is used up", world.organization, Box::new(|_| true)),
            ("the source's budget is used up", world.each_source, {
                let source = asked.source;
                Box::new(move |plan| plan.source == source)
            }),
        ];
        for rule in wanting {
            let is_of = Box::new(move |plan: &Asking| plan.wanting.contains(&rule));
            limits.push(("a rule's budget is used up", world.rules[rule].budget(world), is_of));
        }
        for (what, most, is_of) in limits {
            let of_it = || self.plans.iter().filter(|plan| is_of(plan));
            // What has run counts without doubt, and this one would be one more.
            if of_it().filter(|plan| plan.is_free).count() + 1 > most {
                said.against.push(what);
            }
            if of_it().count() > most {
                said.perhaps.push(what);
            }
        }
        let crowd = |is_of: &dyn Fn(&Asking) -> bool| {
            self.plans.iter().filter(|plan| is_of(plan)).map(|plan| plan.who).collect::<BTreeSet<_>>().len()
        };
        if crowd(&|plan| plan.source == asked.source) > world.source_breaker
            || all.iter().any(|rule| crowd(&|plan| plan.rules.contains(rule)) > world.rule_breaker)
        {
            said.against.push("too many people in too short a time");
        }
    }

    /// The last plan may run.
    pub(super) fn is_let_go(&mut self) {
        if let Some(last) = self.plans.last_mut() {
            last.is_free = true;
        }
    }

    /// Of a step of a plan that is not held.
    pub(super) fn may_leave(
        &self,
        asked: &Asked,
        plan: &Plan,
        of: &[&Rule],
        kind: ActionKind,
        own_corp: &str,
    ) -> Result<(), &'static str> {
        let live = &asked.live;
        let must = |holds: bool, what| if holds { Ok(()) } else { Err(what) };
        must(!own_corp.is_empty() && live.exists, "there is no such account")?;
        must(live.enterprise == Some(true), "it is no Enterprise Account, as far as it is known")?;
        must(live.own == Some(true), "it is not ours, as far as it is known")?;
        // It gives back what the plan took. One that a rule asks for is as anything else.
        if kind == ActionKind::Enable && plan.takes() {
            return Ok(());
        }
        must(live.flags == [Some(false); 3], "it is an administrator, the boss or a senior, or nobody knows")?;
        must(!self.world.is_listed(asked.who), "it is listed")?;
        for (is_protected, is_in) in self.world.groups.iter().zip(live.groups) {
            must(!is_protected || is_in == Some(false), "it is of a protected group, or nobody knows")?;
        }
        self.has_its_yes(asked, plan, of)
    }

    /// Of a step that only tells people: it touches nobody.
    pub(super) fn may_be_told(&self, asked: &Asked, plan: &Plan, of: &[&Rule]) -> Result<(), &'static str> {
        self.has_its_yes(asked, plan, of)
    }

    fn has_its_yes(&self, asked: &Asked, plan: &Plan, of: &[&Rule]) -> Result<(), &'static str> {
        let must = |holds: bool, what| if holds { Ok(()) } else { Err(what) };
        let wants_approval = of.iter().any(|rule| rule.takes() == plan.takes() && rule.wants_approval());
        must(!wants_approval || asked.is_approved, "nobody has approved it")
    }

    fn is_paused(&self, asked: &Asked, of: &[&Rule]) -> bool {
        match self.world.paused {
            None => false,
            Some(0) => true,
            Some(source @ 1..=2) => asked.source == source - 1 && SOURCES.len() == 2,
            Some(rule) => {
                of.iter().any(|one| self.world.rules.get(rule - 3).is_some_and(|other| std::ptr::eq(*one, other)))
            }
        }
    }
}
