//! json [RECORDS [ROUNDS]]: builds a document, writes it, parses it as values and as structs, writes it again.
use guests::{Rng, WORDS, arg, crc32};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Record {
    id: u32,
    name: String,
    score: f64,
    tags: Vec<String>,
    position: Option<(f32, f32)>,
    kind: Kind,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "lowercase", tag = "type")]
enum Kind {
    Plain,
    Weighted { weight: i64 },
    Nested { inner: Box<Kind>, depth: u8 },
}

fn kind(rng: &mut Rng, depth: u8) -> Kind {
    match rng.below(3) {
        0 => Kind::Plain,
        1 => Kind::Weighted { weight: rng.next() as i64 - (1 << 46) },
        _ if depth > 3 => Kind::Plain,
        _ => Kind::Nested { inner: Box::new(kind(rng, depth + 1)), depth },
    }
}

fn main() {
    let (n, rounds) = (arg(1, 100), arg(2, 1));
    let mut rng = Rng::new(5);
    let records: Vec<Record> = (0..n)
        .map(|i| Record {
            id: i as u32,
            name: format!("{} \"{}\"\n{}", rng.pick(WORDS), rng.pick(WORDS), rng.below(1000)),
            score: rng.next() as f64 / 1024.0 - 1e9,
            tags: (0..rng.below(5)).map(|_| rng.pick(WORDS).to_string()).collect(),
            position: (rng.below(3) > 0).then(|| (rng.below(10000) as f32 / 7.0, -(rng.below(10000) as f32) / 3.0)),
            kind: kind(&mut rng, 0),
        })
        .collect();
    for _ in 0..rounds {
        let text = serde_json::to_string(&records).unwrap();
        println!("compact {} bytes, crc {:08x}", text.len(), crc32(text.as_bytes()));
        let back: Vec<Record> = serde_json::from_str(&text).unwrap();
        assert!(back == records);
        let value: Value = serde_json::from_str(&text).unwrap();
        let sum: f64 = value.as_array().unwrap().iter().map(|r| r["score"].as_f64().unwrap()).sum();
        let tags: usize = value.as_array().unwrap().iter().map(|r| r["tags"].as_array().unwrap().len()).sum();
        let pretty = serde_json::to_string_pretty(&json!({ "count": n, "records": value })).unwrap();
        println!("pretty {} bytes, crc {:08x}, score {sum:?}, tags {tags}", pretty.len(), crc32(pretty.as_bytes()));
        let again: Value = serde_json::from_str(&pretty).unwrap();
        assert!(again["records"] == value);
    }
    println!("{}", serde_json::to_string(&records[0]).unwrap());
    println!("{}", serde_json::from_str::<Value>("{\"a\": [1, 2,, 3]}").unwrap_err());
}
