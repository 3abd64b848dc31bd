"""Which activities there are: their types, objects and actions, and the settings of each.

The way through: `verbs` puts Stripe's API calls under the five activity types, `offers` and
`naming` make the choices of them, `settings` the form, and `resolution` checks an activity.
"""
