"""A sum that its server learns, and no client's part in it. Four rounds; whoever falls silent is left out.

Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving Machine Learning", CCS 2017.
`client` and `server` are the two roles: plain objects that take messages and give messages, for whatever
carries them. `masked_sum` runs both in one process. Against a server that follows the protocol and is
curious, and fewer than `threshold` clients that tell it all they know.
"""
