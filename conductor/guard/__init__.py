"""What is this command about to do?"""
