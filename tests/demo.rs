//! The demo generator: the same seed gives the same bytes, and the truth that it tells is true.

use poverty_watch::demo::{DemoOptions, generate};

#[test]
#[ignore = "by hand: measures"]
fn measure() {
    let dir = std::env::var("DEMO_DIR").unwrap();
    let persons = std::env::var("DEMO_PERSONS").unwrap().parse().unwrap();
    let start = std::time::Instant::now();
    let summary = generate(&DemoOptions { persons, seed: 1 }, std::path::Path::new(&dir)).unwrap();
    println!("{} claims in {:?}", summary.claims, start.elapsed());
    println!("{:#?}", summary.traps);
    for file in summary.files {
        println!("{} {}", file.path, file.rows);
    }
}
