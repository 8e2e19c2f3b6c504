//! Times Gaussian averages: one dimension, pairs, and Hermite series.
use attractorlab_numerics::gaussian::{Average, HermiteSeries, Pair, PairAverage, Product};
use attractorlab_numerics::transfer::Transfer;
use std::hint::black_box;
use std::time::Instant;

fn time(name: &str, count: u32, mut work: impl FnMut() -> f64) {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..count {
            black_box(work());
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(count));
    }
    println!("{name:<50} {:>10.1} ns", best * 1e9);
}

fn main() {
    for sd in [0.1, 0.3, 1.0, 3.0, 10.0, 100.0] {
        let first = Average::new(Transfer::Tanh, Product::FIRST).unwrap();
        time(&format!("⟨φ'⟩ tanh, sd {sd}"), 20_000, || first.at(0.0, black_box(sd)));
        let third = Average::new(Transfer::Tanh, Product::VALUE * Product::VALUE).unwrap();
        time(&format!("⟨φ²⟩ tanh, mean 0.3, sd {sd}"), 20_000, || third.at(0.3, black_box(sd)));
    }
    let rates = PairAverage::new(Transfer::Tanh, Product::VALUE, Product::VALUE).unwrap();
    for sd in [0.5, 1.0, 3.0, 10.0, 100.0] {
        let pair = Pair { mean: [0.0; 2], sd: [sd, 0.9 * sd], correlation: 0.6 };
        time(&format!("E φφ tanh, sd {sd}"), 500, || rates.at(black_box(pair)));
    }
    for correlation in [0.0, 0.3, 0.6, 0.9, 0.97, 0.99, 0.999, 1.0] {
        for (name, product) in [("φφ", Product::VALUE), ("φ'φ'", Product::FIRST), ("φ''φ''", Product::SECOND)]
        {
            let average = PairAverage::new(Transfer::Tanh, product, product).unwrap();
            let pair = Pair { mean: [0.0; 2], sd: [3.0, 2.7], correlation };
            time(&format!("E {name} tanh, sd 3, correlation {correlation}"), 500, || {
                average.at(black_box(pair))
            });
        }
    }
    let curvatures = PairAverage::new(Transfer::Tanh, Product::SECOND, Product::SECOND).unwrap();
    for mean in [[0.2, -0.1], [2.5, -1.0]] {
        let pair = Pair { mean, sd: [3.0, 2.7], correlation: 0.6 };
        time(&format!("E φφ tanh, means {mean:?}, sd 3"), 500, || rates.at(black_box(pair)));
        time(&format!("E φ''φ'' tanh, means {mean:?}, sd 3"), 500, || curvatures.at(black_box(pair)));
    }
    for sd in [0.5, 1.5, 3.0] {
        time(&format!("Hermite series tanh, sd {sd}"), 500, || {
            HermiteSeries::new(Transfer::Tanh, black_box(sd)).unwrap().sd()
        });
        let a = HermiteSeries::new(Transfer::Tanh, sd).unwrap();
        println!("  {} terms", a.coefficients().count());
        time("  pair moments from series", 5000, || a.pair(&a, black_box(0.7)).rates);
    }
}
