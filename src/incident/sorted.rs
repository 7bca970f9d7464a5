//! Keeps maps and sets, whatever their keys, as lists in the order of the keys: the same content is the same bytes.
//! For `#[serde(with = "…")]`.

/// A map as a list of pairs.
pub mod map {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the pairs in the order of their keys.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<'m, M, K, V, S>(map: &'m M, serializer: S) -> Result<S::Ok, S::Error>
    where
        &'m M: IntoIterator<Item = (&'m K, &'m V)>,
        K: Ord + Serialize + 'm,
        V: Serialize + 'm,
        S: Serializer,
    {
        let mut pairs: Vec<_> = map.into_iter().collect();
        pairs.sort_unstable_by_key(|(key, _)| *key);
        serializer.collect_seq(pairs)
    }

    /// Reads the pairs back.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, M, K, V, D>(deserializer: D) -> Result<M, D::Error>
    where
        M: IntoIterator<Item = (K, V)> + FromIterator<(K, V)>,
        K: Deserialize<'de>,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Vec::<(K, V)>::deserialize(deserializer).map(M::from_iter)
    }
}

/// A set as a list.
pub mod set {
    use std::collections::HashSet;
    use std::hash::Hash;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the members in their order.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Ord + Serialize, S: Serializer>(set: &HashSet<T>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members: Vec<_> = set.iter().collect();
        members.sort_unstable();
        serializer.collect_seq(members)
    }

    /// Reads the members back.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<HashSet<T>, D::Error>
    where
        T: Deserialize<'de> + Eq + Hash,
        D: Deserializer<'de>,
    {
        Vec::deserialize(deserializer).map(HashSet::from_iter)
    }
}
