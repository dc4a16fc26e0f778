"""What a deployment creates, judged by the synthesised template and the functions' archive."""
