//! The table of R4 (`r4.txt`) made ready for looking things up: types, their elements, required value sets.

use std::collections::HashMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("r4.txt");

pub(super) struct Schema {
    types: HashMap<&'static str, Structure>,
    sets: HashMap<&'static str, Vec<&'static str>>,
    open: Vec<&'static str>,
}

pub(super) struct Structure {
    pub resource: bool,
    pub elements: Vec<Element>,
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

pub(super) fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::read(TABLE))
}

impl Structure {
    /// A bit of its own for each element.
    pub fn bit(&self, element: &Element) -> u128 {
        1u128.checked_shl(element.place).unwrap_or(0)
    }
}

impl Schema {
    fn read(table: &'static str) -> Schema {
        let mut schema = Schema { types: HashMap::new(), sets: HashMap::new(), open: Vec::new() };
        let mut current: Option<(&'static str, Structure)> = None;
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split(' ');
            let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            match first {
                "R" | "T" => {
                    let next = Structure { resource: first == "R", elements: Vec::new() };
                    schema.types.extend(current.replace((second, next)));
                }
                "O" => schema.open = second.split(',').collect(),
                "V" => drop(schema.sets.insert(second, parts.collect())),
                _ => {
                    let types = parts.next().unwrap_or_default().split(',').collect();
                    let name = first.strip_suffix("[x]").unwrap_or(first);
                    let element = Element {
                        name,
                        choice: name.len() < first.len(),
                        required: matches!(second, "1" | "+"),
                        list: matches!(second, "*" | "+"),
                        types,
                        place: current.as_ref().map_or(0, |(_, s)| s.elements.len() as u32),
                        set: parts.next(),
                    };
                    if let Some((_, structure)) = &mut current {
                        structure.elements.push(element);
                    }
                }
            }
        }
        schema.types.extend(current);
        schema
    }

    pub fn structure(&self, name: &str) -> Option<&Structure> {
        self.types.get(name)
    }

    pub fn codes(&self, set: &str) -> Option<&[&'static str]> {
        self.sets.get(set).map(Vec::as_slice)
    }

    pub fn types_of<'s>(&'s self, element: &'s Element) -> &'s [&'static str] {
        if element.types == ["*"] { &self.open } else { &element.types }
    }

    /// The element that a member is, and its type; of a choice, the type named by the member.
    pub fn element<'s>(&'s self, within: &'s Structure, member: &str) -> Option<(&'s Element, &'static str)> {
        within.elements.iter().find_map(|element| {
            let rest = member.strip_prefix(element.name)?;
            if !element.choice {
                return rest.is_empty().then(|| (element, self.types_of(element).first().copied().unwrap_or_default()));
            }
            let named = self.types_of(element).iter().find(|t| {
                let (head, tail) = t.split_at(1);
                rest.strip_prefix(head.to_ascii_uppercase().as_str()) == Some(tail)
            });
            named.map(|t| (element, *t))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_r4_resource_and_every_type_it_names() {
        let schema = schema();
        assert_eq!(schema.types.values().filter(|t| t.resource).count(), 146);
        for (name, structure) in &schema.types {
            for element in &structure.elements {
                for kind in schema.types_of(element) {
                    let known = schema.types.contains_key(kind.trim_start_matches('@'))
                        || super::super::primitive::is_primitive(kind)
                        || *kind == "Resource";
                    assert!(known, "{name}.{}: {kind}", element.name);
                }
                assert!(element.set.is_none_or(|set| schema.sets.contains_key(set)));
            }
        }
    }

    #[test]
    fn a_choice_is_recognised_by_its_type() {
        let schema = schema();
        let observation = schema.structure("Observation").expect("known");
        let found = schema.element(observation, "valueCodeableConcept").expect("known");
        assert_eq!((found.0.name, found.1), ("value", "CodeableConcept"));
        assert!(schema.element(observation, "valueMoney").is_none());
    }
}
