//! Finds the name that a misspelled word may mean. Builds without the feature `hints` don't ask.

/// Longer words are never compared.
const MAX: usize = 48;

/// Returns the candidate that is most like the word, if one is like it: it takes at most one mistake in three letters.
pub fn nearest<'a>(word: &str, candidates: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut best = None;
    // Two mistakes in a short word make another word.
    let mut most = (word.len() / 3).clamp(1, 3);
    for candidate in candidates {
        let distance = distance(word.as_bytes(), candidate.as_bytes(), most);
        if distance <= most && distance < word.len().min(candidate.len()) && (best.is_none() || distance < most) {
            (best, most) = (Some(candidate), distance);
        }
    }
    best
}

/// Returns how many letters must be replaced, added, removed or swapped with their neighbour to make one word of the
/// other. Returns more than `most` if it takes more than that.
fn distance(a: &[u8], b: &[u8], most: usize) -> usize {
    if a.len().max(b.len()) > MAX || a.len().abs_diff(b.len()) > most {
        return most + 1;
    }
    // The distances of the beginnings of `a` that end at, before, and two letters before the current one, to each
    // beginning of `b`.
    let (mut row, mut last) = ([0; MAX + 1], [0; MAX + 1]);
    for (j, place) in row.iter_mut().enumerate() {
        *place = j;
    }
    for i in 1..=a.len() {
        let before_last = last;
        last = row;
        row[0] = i;
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_word_has_its_neighbour() {
        let words = ["validate", "inspect", "compile", "--dir", "--env", "-i"];
        for (word, meant) in [
            ("validat", Some("validate")),
            ("vaildate", Some("validate")),
            ("complie", Some("compile")),
            ("inpsetc", Some("inspect")),
            ("--dri", Some("--dir")),
            ("--envs", Some("--env")),
            ("frobnicate", None),
            ("", None),
            ("-", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, &mut words.into_iter()), meant, "{word}");
        }
        let long = "a".repeat(MAX + 1);
        assert_eq!(nearest(&long, &mut [&*long].into_iter()), None);
    }

    #[test]
    fn distances_count_mistakes() {
        for (a, b, mistakes) in
            [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "xbcd", 2), ("", "", 0)]
        {
            assert_eq!(distance(a.as_bytes(), b.as_bytes(), 9), mistakes, "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes(), 9), mistakes, "{b} {a}");
        }
    }
}
