//! The ground state that decides how fast neighbouring trajectories part.

/// Lowest eigenvalue of −ψ'' + W ψ on the even functions, by bisection on the number of negative pivots
/// (Sturm) of the tridiagonal matrix of second differences.
pub(super) fn ground_state(potential: &[f64], step: f64) -> f64 {
    let inverse = 1.0 / (step * step);
    let below = |energy: f64| {
        let mut pivot = 2.0 * inverse + potential[0] - energy;
        if pivot < 0.0 {
            return true;
        }
        // An even function's first coupling is √2 as strong, once symmetrised.
        let mut coupling = 2.0 * inverse * inverse;
        for w in &potential[1..] {
            pivot = 2.0 * inverse + w - energy - coupling / pivot;
            if pivot < 0.0 {
                return true;
            }
            coupling = inverse * inverse;
        }
        false
    };
    let (mut low, mut high) =
        potential.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), &w| (l.min(w), h.max(w)));
    low -= 1.0;
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if below(middle) { high = middle } else { low = middle }
    }
    0.5 * (low + high)
}
