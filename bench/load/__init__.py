"""200 readers and 20 writers for five minutes, and 200 half requests beside a healthy client.

Start reading in `__main__`: it starts the product (`places`), sends people (`people`, each with a
`browser`), watches the processes (`watch`), tries half requests (`half`) and judges (`judging`).
"""
