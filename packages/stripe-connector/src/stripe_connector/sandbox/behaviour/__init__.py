"""What is special about single objects, one file a family: creation, transitions and effects.

Not calculated, and so not pretended: tax, discounts, prorations, tiered prices, and what time
brings (renewals, expiries).
"""
