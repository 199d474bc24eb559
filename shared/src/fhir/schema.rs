//! The table of R4 (`r4.txt`) made ready for looking things up: types, their elements, required value sets.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::primitive::Primitive;

const TABLE: &str = include_str!("r4.txt");

pub(super) struct Schema {
    structures: Vec<Structure>,
    types: HashMap<&'static str, u16>,
    sets: HashMap<&'static str, Vec<&'static str>>,
    open: Vec<&'static str>,
    /// Where the elements common to all resources stand.
    common: u16,
}

#[derive(Default)]
pub(super) struct Structure {
    pub resource: bool,
    pub elements: Vec<Element>,
    /// The bits of the elements that must come.
    required: u64,
    /// Every name that a member of it can have, each in a slot that its name leads to, or in one soon after.
    slots: Vec<Option<Member>>,
}

pub(super) struct Element {
    /// Without `[x]`.
    pub name: &'static str,
    /// `value[x]`: the type is part of the member's name.
    pub choice: bool,
    pub required: bool,
    pub list: bool,
    types: Vec<&'static str>,
    /// Its place within the structure.
    place: u32,
    /// Name of a required value set.
    pub set: Option<&'static str>,
}

struct Member {
    name: Box<str>,
    element: u16,
    kind: Kind,
}

/// What a member's value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Primitive(Primitive),
    /// A resource of any type within another.
    Resource,
    /// A datatype, or a structure nested in its resource.
    Structure {
        at: u16,
        nested: bool,
        concept: bool,
    },
    /// The table names no such type.
    Unknown,
}

pub(super) fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::read(TABLE))
}

impl Structure {
    /// A bit of its own for each element.
    pub fn bit(&self, element: &Element) -> u64 {
        1u64.checked_shl(element.place).unwrap_or(0)
    }

    /// The elements that must come and are not among these.
    pub fn missing(&self, come: u64) -> impl Iterator<Item = &Element> {
        let missing = self.required & !come;
        let some = if missing == 0 { &[][..] } else { &self.elements };
        some.iter().filter(move |element| missing & self.bit(element) != 0)
    }

    /// The element that a member is, and its type; of a choice, the type named by the member.
    pub fn element(&self, member: &str) -> Option<(&Element, Kind)> {
        let mut at = mixed(member);
        loop {
            // A slot in four is free, so that this ends soon.
            let found = self.slots.get(at & self.slots.len().wrapping_sub(1))?.as_ref()?;
            if *found.name == *member {
                return Some((self.elements.get(usize::from(found.element))?, found.kind));
            }
            at += 1;
        }
    }

    fn take(&mut self, members: Vec<Member>) {
        let count = (members.len() * 4 / 3 + 1).next_power_of_two();
        self.slots.resize_with(count, || None);
        for member in members {
            let mut at = mixed(&member.name);
            while let Some(Some(_)) = self.slots.get(at & (count - 1)) {
                at += 1;
            }
            self.slots[at & (count - 1)] = Some(member);
        }
    }
}

/// Of a name, something that seldom is another's too: its ends and its length.
fn mixed(name: &str) -> usize {
    let bytes = name.as_bytes();
    let ends = bytes.first_chunk::<4>().zip(bytes.last_chunk::<4>());
    let (first, last) = match ends {
        Some((first, last)) => (u32::from_le_bytes(*first), u32::from_le_bytes(*last)),
        None => bytes.iter().fold((0, 0), |(sum, _), byte| (sum * 31 + u32::from(*byte), 0)),
    };
    let middle = bytes.get(bytes.len() / 2).copied().map_or(0, u32::from);
    let sum = first.wrapping_mul(0x9e37_79b1) ^ last.wrapping_mul(0x85eb_ca77) ^ ((bytes.len() as u32) << 8) ^ middle;
    (sum.wrapping_mul(0xc2b2_ae3d) >> 12) as usize
}

impl Schema {
    fn read(table: &'static str) -> Schema {
        let mut schema =
            Schema { structures: Vec::new(), types: HashMap::new(), sets: HashMap::new(), open: Vec::new(), common: 0 };
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split(' ');
            let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            match first {
                "R" | "T" => {
                    schema.types.insert(second, schema.structures.len() as u16);
                    schema.structures.push(Structure { resource: first == "R", ..Structure::default() });
                }
                "O" => schema.open = second.split(',').collect(),
                "V" => drop(schema.sets.insert(second, parts.collect())),
                _ => {
                    let Some(structure) = schema.structures.last_mut() else { continue };
                    let types = parts.next().unwrap_or_default().split(',').collect();
                    let name = first.strip_suffix("[x]").unwrap_or(first);
                    structure.elements.push(Element {
                        name,
                        choice: name.len() < first.len(),
                        required: matches!(second, "1" | "+"),
                        list: matches!(second, "*" | "+"),
                        types,
                        place: structure.elements.len() as u32,
                        set: parts.next(),
                    });
                }
            }
        }
        schema.common = schema.types.get("DomainResource").copied().unwrap_or_default();
        let members: Vec<Vec<Member>> = schema.structures.iter().map(|s| schema.members_of(s)).collect();
        for (structure, members) in schema.structures.iter_mut().zip(members) {
            let required = structure.elements.iter().filter(|element| element.required);
            structure.required = required.map(|element| structure.bit(element)).sum();
            structure.take(members);
        }
        schema
    }

    fn members_of(&self, structure: &Structure) -> Vec<Member> {
        let mut members = Vec::with_capacity(structure.elements.len());
        for (element, of) in structure.elements.iter().zip(0u16..) {
            for kind in self.types_of(element) {
                let name = if element.choice { capitalised(element.name, kind) } else { element.name.to_owned() };
                members.push(Member { name: name.into(), element: of, kind: self.kind(kind) });
            }
        }
        members
    }

    fn kind(&self, name: &str) -> Kind {
        if let Some(primitive) = Primitive::of(name) {
            return Kind::Primitive(primitive);
        }
        if name == "Resource" {
            return Kind::Resource;
        }
        let bare = name.trim_start_matches('@');
        match self.types.get(bare) {
            Some(at) => {
                Kind::Structure { at: *at, nested: bare.len() < name.len(), concept: name == "CodeableConcept" }
            }
            None => Kind::Unknown,
        }
    }

    pub fn structure(&self, name: &str) -> Option<&Structure> {
        self.structures.get(usize::from(*self.types.get(name)?))
    }

    pub fn at(&self, place: u16) -> Option<&Structure> {
        self.structures.get(usize::from(place))
    }

    /// The elements that every resource may have.
    pub fn common(&self) -> Option<&Structure> {
        self.at(self.common)
    }

    pub fn codes(&self, set: &str) -> Option<&[&'static str]> {
        self.sets.get(set).map(Vec::as_slice)
    }

    fn types_of<'s>(&'s self, element: &'s Element) -> &'s [&'static str] {
        let types = if element.types == ["*"] { &self.open } else { &element.types };
        // Only a choice has a member for each of its types.
        if element.choice { types } else { types.get(..1).unwrap_or_default() }
    }
}

/// `value` and `dateTime` make `valueDateTime`.
fn capitalised(name: &str, kind: &str) -> String {
    let (head, tail) = kind.split_at(1.min(kind.len()));
    format!("{name}{}{tail}", head.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_r4_resource_and_every_type_it_names() {
        let schema = schema();
        assert_eq!(schema.structures.iter().filter(|t| t.resource).count(), 146);
        for name in schema.types.keys() {
            let structure = schema.structure(name).expect("known");
            for element in &structure.elements {
                for kind in schema.types_of(element) {
                    assert!(schema.kind(kind) != Kind::Unknown, "{name}.{}: {kind}", element.name);
                }
                assert!(structure.bit(element) != 0, "a bit for each");
                assert!(element.set.is_none_or(|set| schema.sets.contains_key(set)));
            }
        }
    }

    #[test]
    fn a_choice_is_recognised_by_its_type() {
        let schema = schema();
        let observation = schema.structure("Observation").expect("known");
        let found = observation.element("valueCodeableConcept").expect("known");
        assert_eq!((found.0.name, found.1), ("value", schema.kind("CodeableConcept")));
        assert!(observation.element("valueMoney").is_none());
    }
}
