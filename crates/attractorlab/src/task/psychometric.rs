//! Psychometric curves: how often a choice is made, against the strength of a stimulus.

use std::collections::BTreeMap;

/// Trials of about one strength of the stimulus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PsychometricPoint {
    /// The strength: a multiple of the curve's width.
    pub stimulus: f64,
    /// Trials with the choice.
    pub chosen: usize,
    /// All trials.
    pub trials: usize,
}

impl PsychometricPoint {
    /// Share of trials with the choice.
    pub fn share(&self) -> f64 {
        self.chosen as f64 / self.trials as f64
    }
}

/// Gathers trials by the multiple of `width` that is next to the stimulus (a coherence, a difference), rising, and
/// counts in how many the choice was made. With the spacing of discrete stimuli as width they are kept apart.
///
/// ```
/// use attractorlab::task::psychometric_curve;
/// let curve = psychometric_curve(&[-0.5, 0.5, 0.5, 0.52], &[false, true, false, true], 0.25);
/// assert_eq!(curve.len(), 2);
/// assert_eq!((curve[1].stimulus, curve[1].chosen, curve[1].trials), (0.5, 2, 3));
/// assert_eq!(curve[0].share(), 0.0);
/// ```
///
/// # Panics
/// If the lengths differ or the width is not positive.
#[track_caller]
pub fn psychometric_curve(stimuli: &[f64], chosen: &[bool], width: f64) -> Vec<PsychometricPoint> {
    assert_eq!(stimuli.len(), chosen.len(), "psychometric curve: one choice for each stimulus");
    assert!(width > 0.0, "psychometric curve: the width must be above zero");
    let mut counts: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    for (stimulus, chosen) in stimuli.iter().zip(chosen) {
        let count = counts.entry((stimulus / width).round() as i64).or_default();
        count.0 += usize::from(*chosen);
        count.1 += 1;
    }
    counts
        .into_iter()
        .map(|(k, (chosen, trials))| PsychometricPoint { stimulus: k as f64 * width, chosen, trials })
        .collect()
}
