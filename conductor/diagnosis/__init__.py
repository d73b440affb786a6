"""What does this log say went wrong?"""
