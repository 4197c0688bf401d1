"""200 readers and 20 writers for five minutes, and 200 incomplete requests next to a normal client.

Start with `__main__`: it starts the product (`places`), simulates people (`people`, each with a
`browser`), monitors the processes (`watch`), sends incomplete requests (`half`) and judges
(`judging`).
"""
