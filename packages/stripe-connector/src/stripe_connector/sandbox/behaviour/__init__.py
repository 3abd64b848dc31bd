"""What is special about single objects, one file a family: its creation, transitions and effects.
Everything else is done alike for all objects.

Not calculated, and so not pretended: tax, discounts, prorations, prices in tiers, and what time
brings (renewals, expiries).
"""
