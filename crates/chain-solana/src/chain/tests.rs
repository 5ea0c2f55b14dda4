mod building;
mod fates;
mod world;
