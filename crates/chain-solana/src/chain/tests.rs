mod building;
mod fates;
