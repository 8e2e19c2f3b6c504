//! Networks: transfer functions, connectivity, rate networks.

mod connectivity;
mod ensemble;

pub use attractorlab_numerics::transfer::{Jet, Transfer};
pub(crate) use connectivity::mean_product;
pub use connectivity::{Connectivity, ConnectivityError};
pub use ensemble::{InputVectors, gaussian_bulk};
