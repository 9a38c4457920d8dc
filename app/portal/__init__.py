"""The partner portal: what a partner's own people see and set.

- ``face``: the application; ``access``: who may do what; ``here``: whose portal a request is in
- ``home``, ``orders``, ``customers``, ``earnings``: what happened
- ``prices``, ``price_form``, ``price_rules``, ``rule_form``, ``price_files``: what shoppers pay
- ``discounts``: coupons, and trying them on a bag
- ``store``, ``look``: how the store speaks and looks
"""
