"""What a purchase needs, made with the official SDK."""

import stripe


async def a_price(client: stripe.StripeClient, amount: int = 1500) -> stripe.Price:
    product = await client.v1.products.create_async({"name": "Tea", "metadata": {"sku": "T1"}})
    return await client.v1.prices.create_async(
        {
            "product": product.id,
            "unit_amount": amount,
            "currency": "eur",
            "recurring": {"interval": "month"},
        }
    )


async def a_payer(client: stripe.StripeClient, card: str = "pm_card_visa") -> stripe.Customer:
    customer = await client.v1.customers.create_async({"email": "ann@example.com"})
    method = await client.v1.payment_methods.attach_async(card, {"customer": customer.id})
    return await client.v1.customers.update_async(
        customer.id, {"invoice_settings": {"default_payment_method": method.id}}
    )
