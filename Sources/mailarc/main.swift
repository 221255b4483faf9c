print("mailarc")
