from equilibrium import gradient_step, measure

if __name__ == "__main__":
    measure(gradient_step)
