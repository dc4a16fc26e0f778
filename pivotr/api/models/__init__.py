"""What requests may say, one file per noun. A field that is not named here is refused."""
