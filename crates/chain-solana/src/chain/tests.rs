mod building;
mod deaths;
mod fates;
mod reporting;
