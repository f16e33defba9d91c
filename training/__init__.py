"""Supervised fine-tuning and GRPO of vision-language models, composed from TRL's trainers."""
