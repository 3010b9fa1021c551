"""Whether what arrives this week is like what arrived before, told by weeks of viewers."""
