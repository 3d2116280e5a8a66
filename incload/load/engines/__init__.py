"""The engines, one file each: the only places that know a driver or a dialect. Each is imported when it is used."""
