"""The seam: five small protocols, each with an embedded and an AWS implementation."""
