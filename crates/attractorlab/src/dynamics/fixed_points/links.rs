//! Where the unstable directions of each saddle lead.

use rayon::prelude::*;

use super::super::{Dynamics, FlowOptions, SimulationStatus, Time, flow};
use super::{FixedPoint, Modes};

/// How to follow unstable directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkOptions {
    /// Size of the first push along the eigenvector.
    pub push: f64,
    /// Time (steps of a map) after which a trajectory is given up, in units of τ.
    pub duration: f64,
    /// Time step in continuous time, in units of τ.
    pub dt: f64,
    /// Distance (largest over the variables) at which a trajectory has arrived.
    pub arrival: f64,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self { push: 1e-4, duration: 2000.0, dt: 0.1, arrival: 1e-3 }
    }
}

/// Where a trajectory led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEnd {
    /// To the fixed point with this place in the list.
    Point(usize),
    /// It comes to rest at no known fixed point.
    Elsewhere,
    /// It diverges.
    Diverged,
}

/// A trajectory along an unstable direction.
#[derive(Debug, Clone)]
pub struct Link {
    /// Place of the saddle in the list.
    pub from: usize,
    /// Place of the mode among the saddle's modes.
    pub mode: usize,
    /// Sign of the push (real part of the eigenvector), ±1.
    pub sign: f64,
    /// Where it led.
    pub to: LinkEnd,
    /// The trajectory, thinned to at most 200 states.
    pub path: Vec<Vec<f64>>,
}

/// Follows every unstable direction of every saddle, both ways, to where it leads.
///
/// `points` and `modes` belong together. A trajectory has arrived when it comes within
/// [`LinkOptions::arrival`] of a stable point; saddles on the way are passed by.
///
/// # Panics
/// If there is not one set of modes for each point.
#[track_caller]
pub fn links(
    system: &(impl Dynamics + ?Sized),
    points: &[FixedPoint],
    modes: &[Modes],
    options: &LinkOptions,
) -> Vec<Link> {
    assert_eq!(points.len(), modes.len(), "one set of modes for each point");
    let stable: Vec<usize> = (0..points.len()).filter(|&k| modes[k].unstable == 0).collect();
    let mut pushes = Vec::new();
    for (from, modes) in modes.iter().enumerate() {
        for mode in 0..modes.unstable {
            // One of each conjugate pair.
            if modes.modes[mode].eigenvalue.im >= 0.0 {
                pushes.extend([(from, mode, 1.0), (from, mode, -1.0)]);
            }
        }
    }
    pushes
        .into_par_iter()
        .map(|(from, mode, sign)| {
            let direction = &modes[from].modes[mode].right;
            let size = direction.iter().fold(0.0_f64, |m, v| m.max(v.re.abs())).max(1e-300);
            let mut x: Vec<f64> = points[from]
                .x
                .iter()
                .zip(direction)
                .map(|(x, v)| x + sign * options.push * v.re / size)
                .collect();
            let mut path = vec![points[from].x.clone()];
            let to = follow(system, points, &stable, options, &mut x, &mut path);
            path.push(x);
            let stride = path.len().div_ceil(200);
            let last = path.len() - 1;
            let path = path
                .into_iter()
                .enumerate()
                .filter(|(k, _)| k % stride == 0 || *k == last)
                .map(|(_, x)| x)
                .collect();
            Link { from, mode, sign, to, path }
        })
        .collect()
}

fn follow(
    system: &(impl Dynamics + ?Sized),
    points: &[FixedPoint],
    stable: &[usize],
    options: &LinkOptions,
    x: &mut [f64],
    path: &mut Vec<Vec<f64>>,
) -> LinkEnd {
    let tau = system.time_constant();
    let dt = if system.time() == Time::Discrete { 1.0 } else { options.dt };
    let steps_at_once = 10;
    let rounds = (options.duration / (dt * steps_at_once as f64)).ceil() as usize;
    for _ in 0..rounds {
        let flow_options = FlowOptions { dt: dt * tau, steps: steps_at_once };
        let status = flow(system, x, flow_options, |time, state| {
            if time > 0.0 && path.len() < 20_000 {
                path.push(state.to_vec());
            }
        });
        if status != SimulationStatus::Finished {
            return LinkEnd::Diverged;
        }
        let arrived = stable.iter().find(|&&k| {
            let apart = points[k].x.iter().zip(&*x).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
            apart < options.arrival
        });
        if let Some(&k) = arrived {
            return LinkEnd::Point(k);
        }
    }
    LinkEnd::Elsewhere
}
