//! One folder a paper, one file a figure: parameters, run, claims, figure.

mod claim;
mod claim_text;
pub mod foundations;
pub mod mastrogiuseppe2019;
pub mod rivkind2017;
pub mod run;
pub mod schuessler2020;
pub mod schuessler2024;
pub mod statistics;
mod study;
pub mod zhu2023;

pub use claim::{Claim, Comparison, Quantity};
pub use study::{Context, Outcome, Preset, Progress, Silent, Study, StudyError};

/// All studies, in the order in which they are run and reported.
pub fn all() -> Vec<&'static dyn Study> {
    vec![
        &foundations::RandomNetworks,
        &mastrogiuseppe2019::TargetSweep,
        &mastrogiuseppe2019::PureClasses,
        &mastrogiuseppe2019::TrainedReadouts,
        &mastrogiuseppe2019::PhaseDiagrams,
        &mastrogiuseppe2019::TrainingClasses,
        &mastrogiuseppe2019::StrongBulk,
        &mastrogiuseppe2019::FiniteSize,
        &mastrogiuseppe2019::PredictionStudy,
        &rivkind2017::LocalOde,
        &rivkind2017::Stability,
        &rivkind2017::EdgeOfChaosStudy,
        &rivkind2017::FrequencySelectivity,
        &rivkind2017::StaticMapStudy,
        &rivkind2017::SizesAndOutputs,
        &rivkind2017::Force,
        &rivkind2017::Prediction,
        &zhu2023::OneDimensional,
        &zhu2023::StartingPoint,
        &zhu2023::Landscape,
        &zhu2023::TrainingCurves,
        &zhu2023::Angles,
        &zhu2023::ImagesByGradient,
        &zhu2023::ImagesByLinearised,
        &zhu2023::ImagesPractice,
        &schuessler2020::TaskLearningStudy,
        &schuessler2020::StrengthScan,
        &schuessler2020::TrainedSpectra,
        &schuessler2020::NetworkSize,
        &schuessler2020::LinearGrowth,
        &schuessler2020::LinearScaling,
        &schuessler2020::LinearRank,
        &schuessler2020::Divergence,
        &schuessler2020::CosineStudy,
        &schuessler2020::TextStudy,
        &schuessler2024::AlignedOblique,
        &schuessler2024::NoiseCompression,
    ]
}
