"""How `overlay/discovery/data/words.npz` is made: `python -m benchmarks.word_table.make`.

It needs packages that the overlay does not: `pip install torch safetensors tokenizers wordfreq`, and a folder
with the model all-MiniLM-L6-v2 (Apache-2.0; model.safetensors and tokenizer.json). It has not been run from
end to end as it is: how the committed table came about is in ATTRIBUTION.md beside it.
"""
