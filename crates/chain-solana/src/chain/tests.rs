mod building;
mod fates;
mod reporting;
