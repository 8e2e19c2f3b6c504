//! Matrices for the tests of the linear algebra.

use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;

pub(crate) fn gaussian(rows: usize, cols: usize, seed: u64) -> Mat<f64> {
    let mut stream = Stream::new(seed, "test matrix", 0);
    Mat::from_fn(rows, cols, |_, _| stream.normal())
}

pub(crate) fn vector(n: usize, seed: u64) -> Vec<f64> {
    Stream::new(seed, "test vector", 0).normals(n)
}

pub(crate) fn distance(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

/// Matrices of the field, with a name: connectivities that are special in one way each.
pub(crate) fn zoo(n: usize) -> Vec<(&'static str, Mat<f64>)> {
    let scale = 1.0 / (n as f64).sqrt();
    let bulk = gaussian(n, n, 1);
    let (m, k) = (vector(n, 2), vector(n, 3));
    let (p, q) = (vector(n, 4), vector(n, 5));
    let mut stream = Stream::new(6, "noise", 0);
    vec![
        ("Ginibre", Mat::from_fn(n, n, |i, j| scale * bulk[(i, j)])),
        ("antisymmetric", Mat::from_fn(n, n, |i, j| scale * (bulk[(i, j)] - bulk[(j, i)]))),
        (
            "excitatory and inhibitory",
            Mat::from_fn(n, n, |i, j| scale * bulk[(i, j)].abs() * if 5 * j < 4 * n { 1.0 } else { -4.0 }),
        ),
        ("rank 2", Mat::from_fn(n, n, |i, j| (m[i] * k[j] + p[i] * q[j]) / n as f64)),
        (
            "identity plus rank 1",
            Mat::from_fn(n, n, |i, j| m[i] * k[j] / n as f64 + if i == j { 1.0 } else { 0.0 }),
        ),
        ("cyclic permutation", Mat::from_fn(n, n, |i, j| if (i + 1) % n == j { 1.0 } else { 0.0 })),
        ("zero", Mat::zeros(n, n)),
        (
            "nearly a chain",
            Mat::from_fn(n, n, |i, j| 1e-12 * stream.normal() + if j == i + 1 { 1.0 } else { 0.0 }),
        ),
        ("chain", Mat::from_fn(n, n, |i, j| if j == i + 1 { 1.0 } else { 0.0 })),
        ("strictly upper triangular", Mat::from_fn(n, n, |i, j| if j > i { bulk[(i, j)] } else { 0.0 })),
    ]
}
