//! Writes and reads a table, by the crate csv, and sums it up.
use std::collections::BTreeMap;

fn main() {
    let mut seed = 3u32;
    let mut writer = csv::Writer::from_writer(Vec::new());
    for i in 0..12000 {
        seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
        let value = f64::from(seed >> 8) / 1000.0;
        writer.write_record([&i.to_string(), &format!("name, \"{}\"", seed >> 24), &value.to_string()]).unwrap();
    }
    let text = writer.into_inner().unwrap();
    let mut sums: BTreeMap<String, (u32, f64)> = BTreeMap::new();
    for record in csv::ReaderBuilder::new().has_headers(false).from_reader(&*text).records() {
        let record = record.unwrap();
        let sum = sums.entry(record[1].to_string()).or_default();
        *sum = (sum.0 + 1, sum.1 + record[2].parse::<f64>().unwrap());
    }
    let (name, (count, sum)) = sums.iter().max_by(|a, b| a.1 .1.total_cmp(&b.1 .1)).unwrap();
    println!("{} {} {name} {count} {sum:.3}", text.len(), sums.len());
}
