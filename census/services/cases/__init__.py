"""散乱污: the states of a case, what a step must bring, figures and reports. Only the scattered programme."""
