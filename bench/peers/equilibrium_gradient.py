from equilibrium import gradient, measure

if __name__ == "__main__":
    measure(gradient)
