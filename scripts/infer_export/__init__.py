"""Makes bundles for infer: model, tokenizer and signature in one file, checked against the model it came from.

Read export.py first: it is the whole program at a glance. lib/model_file/bundle.md says what a bundle is.
"""
